import { createProgram } from './program.ts';

// Whoever reads the output may go; what runs goes on.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

const program = createProgram();
await program.parseAsync();
