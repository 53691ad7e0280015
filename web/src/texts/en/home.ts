export const home = {
  hello: "Hello, {{name}}",
  catalogs: "Catalogs",
  readThisWeek: "Read this week",
  first: {
    title: "Your first share",
    text: "Three steps, some minutes.",
    location: "Say where tables lie",
    locationText:
      "A bucket with its key. Folders of this machine that the server was started with need nothing.",
    catalog: "Make a catalog and a schema, and register tables",
    tables: "Register tables",
    catalogText: "They get a name. Nothing is copied.",
    share: "Share them",
    shareText: "Choose tables and recipients, and send the link.",
  },
  needs: {
    title: "Needs you",
    nothing: "Nothing needs you right now.",
    requests_one: "{{count}} request waits for an answer",
    requests_other: "{{count}} requests wait for an answer",
    ending_one: "{{count}} recipient's access has ended or ends soon",
    ending_other: "{{count}} recipients' access has ended or ends soon",
    waiting_one: "{{count}} activation link was not opened yet",
    waiting_other: "{{count}} activation links were not opened yet",
    unread_one: "{{count}} unread notification",
    unread_other: "{{count}} unread notifications",
  },
  readers: {
    title: "Who read what this week",
    short: "Who read your shares this week",
    none: "Nobody read anything this week.",
  },
  happened: {
    title: "What happened",
    all: "All",
    none: "Nothing was changed or refused lately.",
  },
} as const;
