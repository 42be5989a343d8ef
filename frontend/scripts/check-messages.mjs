/**
 * Fails when the catalogues are not those of the source: a message is new, or no longer used, or its
 * Spanish text changed. `npm run messages` brings them up to date. (A translation that is missing
 * fails in `lingui compile --strict`.)
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

const folder = new URL('../src/i18n/locales/', import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith('.po'));
const read = () => files.map((name) => readFileSync(new URL(name, folder), 'utf8'));

const committed = read();
execFileSync('npx', ['lingui', 'extract', '--clean'], { stdio: 'ignore' });
const extracted = read();
const stale = files.filter((_, place) => committed[place] !== extracted[place]);

// What is checked is left as it was found.
for (const [place, name] of files.entries()) {
  writeFileSync(new URL(name, folder), committed[place]);
}
if (stale.length > 0) {
  console.error(`Not the messages of the source: ${stale.join(', ')}. Run: npm run messages`);
  process.exit(1);
}
