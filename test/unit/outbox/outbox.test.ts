import { insertMessages, outboxRows } from '../../../src/outbox/outbox.js';
import { message } from '../../../src/queue/messages.js';

describe('messages for the outbox', () => {
  it('are one JSON parameter', () => {
    const rows = outboxRows([
      message('submit-job', { jobId: 'j1' }, 250),
      message('check-job', { jobId: "j'2" }),
    ]);
    expect(JSON.parse(rows)).toEqual([
      { name: 'submit-job', payload: { jobId: 'j1' }, delayMs: 250 },
      { name: 'check-job', payload: { jobId: "j'2" }, delayMs: 0 },
    ]);
  });

  it('stand in the SQL by parameter only', () => {
    expect(insertMessages('$3', 'moved')).toContain('FROM moved, jsonb_array_elements($3::jsonb)');
  });
});
