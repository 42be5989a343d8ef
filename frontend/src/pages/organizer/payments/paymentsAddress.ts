/** Where the payments of a raffle are looked at. */
export function paymentsAddress(raffleId: string): string {
  return `/organizar?raffle=${encodeURIComponent(raffleId)}&ver=pagos`;
}
