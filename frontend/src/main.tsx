import './theme/base.css';
import { createRoot } from 'react-dom/client';
import { App } from './app/App';
import { fetchLazyParts } from './app/lazy';
import { startLanguage } from './i18n/i18n';
import { forgetWhenSignedOut } from './offline/lastReservations';
import { startOffline } from './offline/updates';
import { identity } from './sdk/identity';
import { applyTheme } from './theme/theme';
import { mountAnnouncer } from './ui/announce';

/** By then a first page is usable, also on a slow phone. */
const QUIET_MS = 4_000;

const root = document.getElementById('root');
if (!root) throw new Error('index.html has no #root');

applyTheme();
mountAnnouncer();
forgetWhenSignedOut(identity);
await startLanguage();
createRoot(root).render(<App />);
if (import.meta.env.PROD) void startOffline(import.meta.url);
setTimeout(fetchLazyParts, QUIET_MS);
