/**
 * The complete example of the document that this product began with, as it stands there, over the
 * library as it is. Only what the example takes for granted is added: imports, and where the raffle,
 * its numbers and the person come from. That it compiles, and works, is the promise.
 */

import { useState } from 'react';
import { NumberGrid } from '@/components/NumberGrid';
import { ReservationTimer } from '@/components/ReservationTimer';
import { FloatingCheckoutButton } from '@/components/ui/FloatingCheckoutButton';
import { useRaffleWebSocket } from '@/hooks/useRaffleWebSocket';
import { reservationService } from '@/services/reservationService';
import type { NumberStatus, Reservation } from '@/types';

export interface Given {
  useParams(): { raffleId: string };
  navigate(path: string): void;
  user: { id: string } | null;
  raffle: { ticket_price: number };
  numbers: { id: string; number: string; status: NumberStatus; user_id?: string | undefined }[];
}

export function RaffleDetailPage({ useParams, navigate, user, raffle, ...given }: Given) {
  const [numbers, setNumbers] = useState(given.numbers);

  const { raffleId } = useParams();
  const [selectedNumbers, setSelectedNumbers] = useState<string[]>([]);
  const [reservation, setReservation] = useState<Reservation | null>(null);

  // Conectar WebSocket
  const { isConnected, onNumberUpdate } = useRaffleWebSocket(raffleId);

  // Manejar actualizaciones en tiempo real
  onNumberUpdate((data) => {
    setNumbers((prev) =>
      prev.map((n) =>
        n.id === data.number_id ? { ...n, status: data.status, user_id: data.user_id } : n,
      ),
    );
  });

  // Crear reservación
  const handleCreateReservation = async () => {
    const res = await reservationService.create({
      raffle_id: raffleId,
      number_ids: selectedNumbers,
    });
    setReservation(res);
  };

  // Ir a checkout
  const handleCheckout = async () => {
    if (!reservation) return;
    const updated = await reservationService.moveToCheckout(reservation.id);
    setReservation(updated);
    navigate(`/checkout/${reservation.id}`);
  };

  return (
    <div>
      {/* The example leaves out who creates the reservation, and what the connection is for. */}
      <button type="button" disabled={!isConnected} onClick={handleCreateReservation}>
        Apartar
      </button>

      {/* Timer de reservación */}
      {reservation && (
        <ReservationTimer
          expiresAt={reservation.expires_at}
          phase={reservation.phase}
          onExpire={() => setReservation(null)}
        />
      )}

      {/* Grid de números */}
      <NumberGrid
        numbers={numbers}
        selectedNumbers={selectedNumbers}
        onSelectNumber={(id) => {
          setSelectedNumbers((prev) =>
            prev.includes(id) ? prev.filter((n) => n !== id) : [...prev, id],
          );
        }}
        currentUserId={user?.id}
      />

      {/* Botón flotante */}
      <FloatingCheckoutButton
        selectedCount={selectedNumbers.length}
        totalAmount={selectedNumbers.length * raffle.ticket_price}
        onCheckout={handleCheckout}
        onCancel={() => setSelectedNumbers([])}
        disabled={!reservation}
      />
    </div>
  );
}
