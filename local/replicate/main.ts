import type { SimulatorOptions } from './options.js';
import { startReplicateSimulator } from './server.js';

const options = JSON.parse(process.argv[2] ?? '{}') as SimulatorOptions;
const simulator = await startReplicateSimulator(options);

process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => void simulator.close().then(() => process.exit(0)));
process.on('disconnect', () => process.exit(0));
process.send?.({ port: simulator.port });
