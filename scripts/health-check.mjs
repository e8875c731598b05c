/**
 * For the health check of a container: exit code 0 where the node on this machine answers, `live` or, as its argument may
 * say, `ready`; 1 otherwise, with a line that says why.
 */
const [kind = 'live'] = process.argv.slice(2);
const url = `http://127.0.0.1:${process.env.PORT || 4000}/health/${kind}`;
try {
  const answer = await fetch(url, { signal: AbortSignal.timeout(2_500) });
  console.log((await answer.text()).trim());
  process.exitCode = answer.ok ? 0 : 1;
} catch (error) {
  console.error(`${url}: ${error.cause?.message ?? error.message}`);
  process.exitCode = 1;
}
