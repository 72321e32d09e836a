// Runs in the lab VM: the open-iscsi connector as a compute or backup host there would make it.
import { openIscsiOptions } from '../../../drivers/connector/open-iscsi/config.ts';
import { OpenIscsiConnector } from '../../../drivers/connector/open-iscsi/driver.ts';

export const makeConnector = (options: Readonly<Record<string, unknown>>): OpenIscsiConnector =>
  new OpenIscsiConnector(openIscsiOptions.parse(options));
