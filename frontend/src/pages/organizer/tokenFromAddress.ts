/**
 * Takes a token out of the address (`#token=…`), so that it is not in the history, a bookmark or a
 * screenshot. Null when there is none.
 */
export function tokenFromAddress(): string | null {
  const token = new URLSearchParams(location.hash.slice(1)).get('token');
  if (token !== null) history.replaceState(history.state, '', location.pathname + location.search);
  return token || null;
}
