/** The path of a ticket's page. */
export function ticketPath(code: string): string {
  return `/boleto/${code}`;
}

/** Its whole address: what its QR code says, where no other one is configured. */
export function ticketLink(code: string): string {
  return new URL(ticketPath(code), location.origin).href;
}

/** A code as people read it aloud: in groups of eight. */
export function inGroups(code: string): string {
  return code.replace(/.{8}(?=.)/g, '$& ');
}
