import type { SimulatorOptions } from './options.js';
import { startReplicateSimulator } from './server.js';

const options = JSON.parse(process.argv[2] ?? '{}') as SimulatorOptions;
const simulator = await startReplicateSimulator(options);
const stop = () => void simulator.close().then(() => process.exit(0));

process.on('SIGINT', () => undefined);
process.on('SIGTERM', stop);
process.on('disconnect', stop);
process.send?.({ port: simulator.port });
