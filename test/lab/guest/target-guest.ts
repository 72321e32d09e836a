// Runs in the lab VM: the target drivers as a volume worker there would make them.
import { lioOptions } from '../../../drivers/target/lio/config.ts';
import { LioTargetDriver } from '../../../drivers/target/lio/driver.ts';
import { tgtOptions } from '../../../drivers/target/tgt/config.ts';
import { TgtTargetDriver } from '../../../drivers/target/tgt/driver.ts';

type Options = Readonly<Record<string, unknown>>;

export const makeLio = (options: Options): LioTargetDriver => new LioTargetDriver(lioOptions.parse(options));

export const makeTgt = (options: Options): TgtTargetDriver =>
  new TgtTargetDriver(tgtOptions.parse(options), '/run/scoria/targets');
