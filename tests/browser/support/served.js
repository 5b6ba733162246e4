// `labrunner book` itself, for a learner who has done nothing yet.

import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import readline from 'node:readline';
import { root } from './place.js';

/** Starts the server. Resolves to `{ address, takeOver(progress), stop }`. */
export async function served(program) {
  const home = fs.mkdtempSync(path.join(os.tmpdir(), 'book-tests-'));
  const options = { cwd: root, env: { ...process.env, XDG_STATE_HOME: home }, stdio: ['ignore', 'pipe', 'pipe'] };
  const server = spawn(program, ['book', '--no-open', '--port', '0'], options);
  const said = [];
  readline.createInterface({ input: server.stderr }).on('line', (line) => said.push(line));
  const ended = new Promise((resolve, reject) => {
    server.once('error', reject);
    server.once('exit', resolve);
  });
  const address = await Promise.race([
    new Promise((resolve) => { readline.createInterface({ input: server.stdout }).once('line', resolve); }),
    ended.then(() => { throw new Error(`${program} book: ${said.join('\n')}`); }),
  ]);
  return {
    address: address.replace(/\/$/, ''),
    // Takes over what another machine would export.
    takeOver: (progress) => {
      const file = path.join(home, 'elsewhere.toml');
      fs.writeFileSync(file, progress);
      execFileSync(program, ['progress', 'import', file], options);
    },
    stop: async () => {
      server.kill('SIGINT');
      await ended;
      fs.rmSync(home, { recursive: true });
    },
  };
}
