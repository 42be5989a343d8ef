import { BoardStore } from '../../src/sdk/board';
import { Value } from '../../src/sdk/observable';
import type {
  ConnectionState,
  ConnectionView,
  LiveRaffle,
  Outcome,
  Raffle,
  Reservation,
} from '../../src/sdk/types';

/** A board as the server sends it first: every number free, but for some. */
export function aBoard(count = 8, states: Record<number, 0 | 1 | 2 | 3> = {}): BoardStore {
  const cells = new Uint8Array(count);
  for (const [index, state] of Object.entries(states)) cells[Number(index)] = state;
  const board = new BoardStore(count);
  board.applySnapshot({ kind: 'snapshot', epoch: 7, seq: 1, first: 0, cells });
  return board;
}

/** The server says that a number is something else now. */
export function change(board: BoardStore, index: number, state: 0 | 1 | 2 | 3): void {
  const { epoch, seq } = board.position ?? { epoch: 0, seq: 0 };
  const indices = Uint32Array.of(index);
  const states = Uint8Array.of(state);
  board.applyDelta({ kind: 'delta', epoch, seqFrom: seq, seqTo: seq + 1, indices, states });
}

/** A live raffle of a test: it answers `pick` from `answers`, and notes what it was asked. */
export class FakeLive {
  readonly connection = new Value(connection('connecting'));
  readonly raffle = new Value<Raffle | null>(null);
  readonly board = new Value<BoardStore | null>(null);
  readonly reservation = new Value<Reservation | null>(null);
  readonly picked: string[] = [];
  readonly answers = new Map<string, Outcome>();

  constructor(readonly raffleId = 'moto') {}

  goLive(board: BoardStore = aBoard()): BoardStore {
    this.raffle.set({ id: this.raffleId, number_count: board.count } as Raffle);
    this.board.set(board);
    this.connection.set(connection('live'));
    return board;
  }

  lose(): void {
    this.connection.set(connection('waiting'));
  }

  readonly pick = async (label: string): Promise<Outcome> => {
    this.picked.push(label);
    return this.answers.get(label) ?? { ok: true, reservation: null };
  };

  readonly restore = (raffle: Raffle, board: BoardStore): boolean => {
    if (this.board.get() !== null) return false;
    this.raffle.set(raffle);
    this.board.set(board);
    return true;
  };

  get asLive(): LiveRaffle {
    return this as unknown as LiveRaffle;
  }
}

function connection(state: ConnectionState): ConnectionView {
  const nothing = { lostSince: null, retryAt: null, code: null };
  return { state, ...nothing, offline: state === 'waiting', maintenance: false };
}
