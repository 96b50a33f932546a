import { crashPoint, planCrash } from '../../src/crash-points.js';

/** The signals that the process would have been sent. */
function deaths(act: () => void): unknown[][] {
  const kill = jest.spyOn(process, 'kill').mockReturnValue(true);
  try {
    act();
    return kill.mock.calls;
  } finally {
    kill.mockRestore();
    planCrash(undefined);
  }
}

describe('a crash point', () => {
  it('ends the process at the planned pass, and at no other', () => {
    const calls = deaths(() => {
      planCrash({ point: 'job-stored', pass: 3 });
      for (let pass = 0; pass < 5; pass += 1) crashPoint('job-stored');
    });
    expect(calls).toEqual([[process.pid, 'SIGKILL']]);
  });

  it('does nothing where another is planned, or none', () => {
    expect(deaths(() => crashPoint('job-stored'))).toEqual([]);
    const calls = deaths(() => {
      planCrash({ point: 'webhook-stored', pass: 1 });
      crashPoint('job-stored');
    });
    expect(calls).toEqual([]);
  });
});
