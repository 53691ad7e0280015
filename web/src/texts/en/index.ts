import { actions } from "./actions";
import { audit } from "./audit";
import { catalog } from "./catalog";
import { frame } from "./frame";
import { home } from "./home";
import { notifications } from "./notifications";
import { permissions } from "./permissions";
import { received } from "./received";
import { recipients } from "./recipients";
import { requests } from "./requests";
import { settings } from "./settings";
import { shares } from "./shares";
import { usage } from "./usage";

export const en = {
  ...frame,
  actions,
  audit,
  catalog,
  home,
  notifications,
  permissions,
  received,
  recipients,
  requests,
  settings,
  shares,
  usage,
} as const;
