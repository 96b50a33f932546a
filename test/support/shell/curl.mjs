// Stands in for curl where it is not installed: the options that the documentation uses.
import { writeFileSync } from 'node:fs';

const call = { headers: {}, url: '', method: undefined, body: undefined, file: undefined, fails: false };
const args = process.argv.slice(2);
while (args.length > 0) {
  const arg = args.shift();
  if (arg === '-H') {
    const [name, value] = args.shift().split(/: (.*)/s);
    call.headers[name] = value;
  } else if (arg === '-d') call.body = args.shift();
  else if (arg === '-X') call.method = args.shift();
  else if (arg === '-o') call.file = args.shift();
  else if (arg === '-u') call.headers.authorization = `Basic ${Buffer.from(args.shift()).toString('base64')}`;
  else if (arg === '--fail-with-body') call.fails = true;
  else if (!arg.startsWith('-')) call.url = arg;
}
const { headers, url, body, file, fails } = call;
const answer = await fetch(url, {
  method: call.method ?? (body === undefined ? 'GET' : 'POST'),
  headers,
  body,
});
const bytes = Buffer.from(await answer.arrayBuffer());
if (file === undefined) process.stdout.write(bytes);
else writeFileSync(file, bytes);
if (fails && !answer.ok) process.exitCode = 22;
