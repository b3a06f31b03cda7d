import type { Fault } from '../support/fault.ts';
import { ACK_FAULTS } from './acks.ts';
import { ANSWER_FAULTS } from './answers.ts';
import { MACHINE_FAULTS } from './machine.ts';
import { NETWORK_FAULTS } from './network.ts';
import { SERVICE_FAULTS } from './service.ts';

/** Every row of the matrix. */
export const FAULTS: readonly Fault[] = [
  ...NETWORK_FAULTS,
  ...ANSWER_FAULTS,
  ...ACK_FAULTS,
  ...SERVICE_FAULTS,
  ...MACHINE_FAULTS,
];
