// texts/index.ts -- every sentence of the portal stands in texts/<language>/, one file a page.
//
// Another language is another folder of the same shape and a line in `resources`.
import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import { en } from "./en";

void i18next.use(initReactI18next).init({
  resources: { en: { translation: en } },
  lng: "en",
  fallbackLng: "en",
  // The texts are here: whoever asks at once gets them.
  initAsync: false,
  // React escapes.
  interpolation: { escapeValue: false },
});

declare module "i18next" {
  interface CustomTypeOptions {
    resources: { translation: typeof en };
  }
}

export { i18next };
