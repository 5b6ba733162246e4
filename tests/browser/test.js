// Tests of the book in a real browser.
//
//   npm ci                                                       once
//   node --test-reporter=./support/report.js test.js [--screenshots DIR] [--only CHECK,CHECK] BOOK
//
// BOOK is the folder of a built book; CHECK is a file of checks/ without its `.js`. CHROMIUM names the browser, if it has none of
// the usual names, and LABRUNNER the program that serves the book, if it is not in target/release.

import fs from 'node:fs';
import { after, describe } from 'node:test';
import { parseArgs } from 'node:util';
import { Book } from './support/book.js';

const { values, positionals } = parseArgs({ options: { screenshots: { type: 'string' }, only: { type: 'string' } }, allowPositionals: true });
if (positionals.length !== 1 || !fs.existsSync(`${positionals[0]}/index.html`)) {
  console.error('usage: node --test-reporter=./support/report.js test.js [--screenshots DIR] [--only CHECK,CHECK] BOOK, where BOOK is the folder of a built book');
  process.exit(2);
}

const CHECKS = ['faults', 'logs', 'tabs', 'quiz', 'reading', 'elsewhere', 'languages', 'served', 'pages'];
const checks = values.only ? values.only.split(',') : CHECKS;
const defined = await Promise.all(checks.map(async (check) => (await import(`./checks/${check}.js`))[check]));
const book = await Book.open(positionals[0]);

describe('the book', () => {
  after(() => book.close());
  defined.forEach((define) => define(book, values.screenshots));
});

await import('./checks/log-words.js');
