import { sellsNothing, type Setup } from '../adapter.ts'
import { Settings } from './config.ts'

export const setup: Setup = {
  name: 'Simulated ad server',
  about: 'Books orders in tables of its own, to try the desk. Nothing is served.',
  secret: null,
  settings: Settings,
  network: null,
  offered: [],
  sells: () => sellsNothing,
}
