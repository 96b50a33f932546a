import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { AccessGuard } from './access/access.guard.js';
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
  const guard = app.get(AccessGuard);
  const fastify = app.getHttpAdapter().getInstance();
  fastify.addHook('onRequest', (request, reply, done) => {
    const jobId = request.method === 'GET' ? STATUS_PATH.exec(request.url)?.[1] : undefined;
    if (jobId === undefined || !guard.admits(request.headers)) return done();
    const ifNoneMatch = request.headers['if-none-match'];
    const kept = reader.kept(jobId);
    if (kept && !answers.signs) return sendAnswer(reply, answers.answerNow(kept, ifNoneMatch));
    reader.read(jobId).then(
      (found) =>
        found
          ? void answers.answer(found, ifNoneMatch).then((answer) => sendAnswer(reply, answer), done)
          : done(),
      () => done(),
    );
  });
}
