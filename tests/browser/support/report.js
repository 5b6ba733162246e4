// How the tests are told of: what failed and why, then the numbers. Given to node as --test-reporter.

const own = ({ details }) => details.type !== 'suite' && details.error?.failureType !== 'subtestsFailed';

// What the test itself threw, not node's wrapping of it.
const reason = ({ details: { error } }) => error.cause?.stack ?? error.cause ?? error.stack ?? error.message;

const indented = (text) => String(text).split('\n').map((line) => `    ${line}`).join('\n');

/** Takes the events of node's runner, and yields text. */
export default async function* report(events) {
  let passed = 0;
  let failed = 0;
  const seconds = (start) => `${Math.round((performance.now() - start) / 1000)} s`;
  const start = performance.now();
  for await (const { type, data } of events) {
    if (type === 'test:pass' && data.details.type !== 'suite' && data.skip === undefined) {
      passed += 1;
    } else if (type === 'test:fail' && own(data)) {
      failed += 1;
      yield `FAILED  ${data.name}\n${indented(reason(data))}\n\n`;
    } else if (type === 'test:stderr') {
      yield data.message;
    }
  }
  yield `${passed} passed, ${failed} failed, in ${seconds(start)}\n`;
}
