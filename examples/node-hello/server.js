const http = require('node:http');

const port = Number(process.env.PORT || 3000);
const server = http.createServer((request, response) => {
  response.setHeader('Content-Type', 'text/plain');
  response.end(`Hello from Node ${process.version}\n`);
});

process.on('SIGTERM', () => server.close(() => process.exit(0)));
server.listen(port, () => console.log(`listening on ${port}`));
