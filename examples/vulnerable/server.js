const http = require('node:http');
const options = require('minimist')(process.argv.slice(2), {default: {port: 3000}});

http.createServer((request, response) => response.end('Hello\n')).listen(options.port);
