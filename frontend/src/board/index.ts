export { NumberGrid, type NumberGridProps } from '../sdk/components/NumberGrid';
export { RaffleBoard, type RaffleBoardProps } from './RaffleBoard';
