// A person's browser: Chromium with a profile of its own, driven by playwright-core.
//
//	node chromium.mjs SETTINGS URL
//
// goes to URL and does what the person at it does: types the code of a device login where SETTINGS
// (JSON) has one. At the end it writes what was to be seen to the file `seen`, as one JSON object, and
// is gone: no process of the browser lives on.
import { writeFileSync } from 'node:fs';
import { chromium } from 'playwright-core';

const [, , json, url] = process.argv;
const settings = JSON.parse(json);
const seen = { requests: [], console: [] };

const context = await chromium.launchPersistentContext(settings.folder, {
  executablePath: settings.chromium,
  args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking',
    `--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE ${new URL(url).hostname}`], // the provider's pages want a font from afar
  ignoreHTTPSErrors: true, // the provider's certificate is the test's own
  colorScheme: settings.dark ? 'dark' : 'light',
  viewport: { width: settings.width, height: settings.height },
  timeout: 60000,
});
try {
  const page = context.pages()[0];
  page.setDefaultTimeout(60000);
  page.on('console', (message) => seen.console.push(message.text()));
  page.on('pageerror', (error) => seen.console.push(String(error)));
  context.on('request', (request) => {
    seen.requests.push({ url: request.url(), headers: request.allHeaders() });
  });
  await page.goto(url);
  if (settings.code) {
    await page.fill('input[name=user_code]', settings.code);
    await page.click('button[form="op.deviceInputForm"]');
    await page.click('button[form="op.deviceConfirmForm"][autofocus]'); // is this the code your device shows?
  }
  await page.getByText(settings.until).waitFor();
  const session = await context.newCDPSession(page);
  const history = await session.send('Page.getNavigationHistory');
  seen.history = history.entries.map((entry) => entry.url);
  seen.url = page.url();
  seen.title = await page.title();
  seen.text = await page.innerText('body');
  seen.html = await page.content();
  // What doesn't fit the window would have to be looked for.
  seen.overflow = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
  for (const request of seen.requests) {
    request.referer = (await request.headers).referer ?? '';
    delete request.headers;
  }
  if (settings.picture) {
    await page.screenshot({ path: settings.picture });
  }
} catch (error) {
  seen.error = String(error);
} finally {
  await context.close();
}
writeFileSync(settings.seen, `${JSON.stringify(seen)}\n`);
