// A container's health check: is the process on this port ready?
const port = process.argv[2];
fetch(`http://127.0.0.1:${port}/health/ready`).then(
  (answer) => process.exit(answer.ok ? 0 : 1),
  () => process.exit(1),
);
