/** The address of a raffle, to send to somebody; `number` is shown to them at once. */
export function raffleLink(raffleId: string, number?: string | null): string {
  const link = new URL(`/r/${raffleId}`, location.origin);
  if (number) link.searchParams.set('n', number);
  return link.href;
}

/** Opens WhatsApp with a message that the person can still change. */
export function whatsAppLink(text: string): string {
  return `https://wa.me/?text=${encodeURIComponent(text)}`;
}
