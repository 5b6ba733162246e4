// What goes wrong while a page is loaded and used.

/**
 * Collects what the console, the scripts and the network complain about, as sentences. Requests to another place than
 * `home` are not answered: the book has to do without them.
 */
export function watch(page, home) {
  const problems = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) {
      problems.push(`console ${message.type()}: ${message.text()}`);
    }
  });
  page.on('pageerror', (error) => problems.push(`script error: ${error.message}`));
  page.on('response', (response) => {
    if (response.status() >= 400) {
      problems.push(`missing (${response.status()}): ${response.url()}`);
    }
  });
  page.on('request', (request) => {
    const { protocol } = new URL(request.url());
    if (!request.url().startsWith(`${home}/`) && !['data:', 'blob:', 'file:', 'about:'].includes(protocol)) {
      problems.push(`asks another machine: ${request.url()}`);
    }
  });
  page.on('requestfailed', (request) => {
    // A page that is left stops what it was loading.
    if (request.failure()?.errorText !== 'net::ERR_ABORTED') {
      problems.push(`not loaded: ${request.url()}`);
    }
  });
  return problems;
}
