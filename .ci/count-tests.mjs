// Prints "PASSED FAILED" of a Jest JSON report. A suite that could not run counts as a failed test, and so does a run
// that ended badly (second argument: its exit code) though every test in it passed.
import { readFileSync } from 'node:fs';

const [report, exitCode] = process.argv.slice(2);

function countTests() {
  try {
    const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites } = JSON.parse(
      readFileSync(report, 'utf8'),
    );
    return { passed: numPassedTests, failed: numFailedTests + numRuntimeErrorTestSuites };
  } catch {
    return { passed: 0, failed: 1 };
  }
}

const { passed, failed } = countTests();
const endedBadly = exitCode !== '0' || passed === 0;
console.log(passed, failed === 0 && endedBadly ? 1 : failed);
