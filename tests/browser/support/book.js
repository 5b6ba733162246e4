// The built book that is tested: its pages, and a browser that shows them.

import fs from 'node:fs';
import path from 'node:path';
import { launch, WINDOWS } from './browser.js';
import { serve } from './serve.js';
import { watch } from './watch.js';

export class Book {
  /** Windows that nobody looks at, by their kind. */
  idle = {};

  /** Opens the book in `folder`: starts a server and a browser. */
  static async open(folder) {
    const book = new Book();
    book.folder = path.resolve(folder);
    const all = pagesIn(book.folder);
    // The book's own language, and by their names the translations: folders with a first page, and a `lang` of that name.
    book.languages = [...new Set(all.map((page) => page.split('/')[0]))]
      .filter((name) => all.includes(`${name}/index.html`) && book.html(`${name}/index.html`).includes(`<html lang="${name}"`));
    book.pages = all.filter((page) => !book.languages.includes(page.split('/')[0]));
    // Those of which a translation says something of its own.
    book.translated = book.languages.flatMap((language) => book.pages
      .filter((page) => page !== 'print.html' && all.includes(`${language}/${page}`) && book.text(page) !== book.text(`${language}/${page}`))
      .map((page) => `${language}/${page}`));
    book.server = await serve(book.folder);
    book.browser = await launch();
    return book;
  }

  async close() {
    await this.browser?.close();
    await this.server?.close();
  }

  address(page) {
    return `${this.server.address}/${page}`;
  }

  /** The HTML of a page as it was built. */
  html(page) {
    return fs.readFileSync(path.join(this.folder, page), 'utf8');
  }

  /** What a page says, roughly: its text in one line. */
  text(page) {
    return /<main>(.*)<\/main>/s.exec(this.html(page))?.[1].replace(/<[^>]*>/g, '').replace(/\s+/g, ' ');
  }

  /** The pages whose HTML matches, without the one that has all of them. */
  pagesWith(pattern) {
    return this.pages.filter((page) => page !== 'print.html' && pattern.test(this.html(page)));
  }

  /**
   * Shows a page in a fresh window and hands it to `look`, as a Playwright page with `page.problems`.
   *
   * `options` go to the window; `from: 'file'` opens the file itself, without a server, and `at` is the address of another one.
   */
  async show(name, look, { window = 'desktop-light', from, at = this.server.address, ...options } = {}) {
    const context = await this.browser.newContext({ ...WINDOWS[window], ...options });
    try {
      const page = await context.newPage();
      page.setDefaultTimeout(30_000); // on a machine that is busy with other things
      page.problems = watch(page, at);
      const address = from === 'file' ? `file://${this.folder}/${name}` : `${at}/${name}`;
      page.arrive = async () => {
        await page.goto(address);
        await page.evaluate(() => document.fonts.ready);
      };
      return await look(page);
    } finally {
      await context.close();
    }
  }

  /**
   * As `visit`, in a window that others have used before: quicker, for looking only. What a page remembers for the next
   * one (its theme, the chosen kernel) must not matter.
   */
  async glance(name, look, window = 'desktop-light') {
    const idle = this.idle[window] ??= [];
    const page = idle.pop() ?? await (await this.browser.newContext(WINDOWS[window])).newPage();
    page.removeAllListeners();
    page.problems = watch(page, this.server.address);
    await page.goto(this.address(name));
    await page.evaluate(() => document.fonts.ready);
    const result = await look(page);
    idle.push(page);
    return result;
  }

  /** As `show`, with the page loaded. */
  visit(name, look, options) {
    return this.show(name, async (page) => {
      await page.arrive();
      return look(page);
    }, options);
  }
}

function pagesIn(folder, inside = '') {
  return fs.readdirSync(path.join(folder, inside), { withFileTypes: true }).flatMap((entry) => {
    const name = path.join(inside, entry.name);
    return entry.isDirectory() ? pagesIn(folder, name) : name.endsWith('.html') ? [name] : [];
  }).sort();
}
