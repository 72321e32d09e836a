// A container's health check: exit code 0 when the address given as argument answers 200 within three seconds.
const [url = ''] = process.argv.slice(2);

fetch(url, { signal: AbortSignal.timeout(3_000) }).then(
  (response) => process.exit(response.ok ? 0 : 1),
  () => process.exit(1),
);
