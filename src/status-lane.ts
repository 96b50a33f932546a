import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Authenticator } from './access/authenticator.js';
import { hasOneOf, sees, type Caller } from './access/caller.js';
import { sendAnswer } from './http/answer.js';
import { JobStatusReader } from './jobs/job-status-reader.js';
import { StatusAnswers } from './jobs/status-answer.js';

const STATUS_PATH = /^\/status\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

/**
 * Answers `GET /status/{jobId}` before the framework's guards, pipes and interceptors begin, which would cost more than
 * the answer itself: clients poll it. What is not found, not allowed or fails goes the usual way, to its controller.
 */
export function openStatusLane(app: NestFastifyApplication): void {
  const reader = app.get(JobStatusReader);
  const answers = app.get(StatusAnswers);
  const authenticator = app.get(Authenticator);
  const fastify = app.getHttpAdapter().getInstance();
  fastify.addHook('onRequest', (request, reply, done) => {
    const jobId = request.method === 'GET' ? STATUS_PATH.exec(request.url)?.[1] : undefined;
    const caller = jobId === undefined ? undefined : authenticator.known(request.headers);
    if (jobId === undefined || !mayRead(caller)) return done();
    const ifNoneMatch = request.headers['if-none-match'];
    const kept = reader.kept(jobId);
    if (kept && !sees(caller, kept.owner)) return done();
    if (kept && !answers.signs) return sendAnswer(reply, answers.answerNow(kept, ifNoneMatch));
    reader.read(jobId).then(
      (found) =>
        found && sees(caller, found.owner)
          ? void answers.answer(found, ifNoneMatch).then((answer) => sendAnswer(reply, answer), done)
          : done(),
      () => done(),
    );
  });
}

function mayRead(caller: Caller | undefined): caller is Caller {
  return caller !== undefined && hasOneOf(caller, ['read']);
}
