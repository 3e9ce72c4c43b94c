/** Stands for `xdg-open` in the walkthrough: `open-browser.ts <account> <url>` signs in there as a person would. */
import { signInAt, TestBrowser } from './browser.ts';

const [account = '', url = ''] = process.argv.slice(2);
await signInAt(new TestBrowser(), url, account);
