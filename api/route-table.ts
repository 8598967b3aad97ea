import { deviceRoutes } from './routes/devices.ts';
import { meRoutes } from './routes/me.ts';
import { profileRoutes } from './routes/profiles.ts';
import { siteRoutes } from './routes/sites.ts';
import { stallRoutes } from './routes/stalls.ts';
import type { Routes } from './routes.ts';

/** Everything below `/api/v1`. */
export const ROUTES: readonly Routes[] = [meRoutes, siteRoutes, stallRoutes, deviceRoutes, profileRoutes];
