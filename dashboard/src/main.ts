import { config } from 'zod/v4/core';

// Before any schema is made: it would be compiled with `new Function`, which the content security policy forbids.
config({ jitless: true });
void import('./app.tsx').then(({ startApp }) => startApp());
