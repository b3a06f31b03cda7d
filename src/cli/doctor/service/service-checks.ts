import type { Environment } from '../../../aws/settings/environment.ts';
import { about, type Check } from '../findings/finding.ts';
import { networkChecks } from './network-checks.ts';
import { permissionChecks } from './permission-checks.ts';
import type { ServiceWay } from './service-target.ts';

const SETTINGS = about('settings', 'the-service-cannot-be-reached');

/**
 * The looks at the way to the service, and at what is allowed there. Settings that cannot work are
 * one problem, and not one of each look that they keep from being taken.
 */
export function serviceChecks(way: Promise<ServiceWay>, env: Environment): readonly Check[] {
  const isUsable = way.then(
    () => true,
    () => false,
  );
  const looks = [...networkChecks(way, env), ...permissionChecks(way)];
  return [
    {
      ...SETTINGS,
      look: async () => {
        await way;
        return SETTINGS.ok('Region, endpoint, proxy and credentials are set to what can work.');
      },
    },
    ...looks.map((check) => ({
      ...check,
      look: async () =>
        (await isUsable)
          ? check.look()
          : about(check.check, check.symptom).skipped('The settings cannot work.'),
    })),
  ];
}
