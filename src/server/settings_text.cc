#include <fmt/format.h>

#include <iterator>

#include "server/settings.h"

namespace sluice::server {
namespace {

constexpr size_t kColumns = 96;

std::string_view UnitWord(Unit unit) {
  switch (unit) {
    case Unit::kNone: return "";
    case Unit::kHours: return "hours";
    case Unit::kSeconds: return "seconds";
    case Unit::kMilliseconds: return "milliseconds";
    case Unit::kBytes: return "bytes";
    case Unit::kMebibytes: return "MiB";
  }
  return "";
}

std::string TypeWords(const Setting& setting) {
  switch (setting.kind) {
    case Kind::kText:
    case Kind::kSecret: return "text";
    case Kind::kFlag: return "true or false";
    case Kind::kGroup: return "group";
    case Kind::kList: return "list";
    case Kind::kWholeNumber: break;
  }
  const std::string_view unit = UnitWord(setting.unit);
  const std::string_view gap = unit.empty() ? "" : " ";
  if (setting.least == setting.most) return fmt::format("{}{}{}", setting.least, gap, unit);
  if (setting.most == std::numeric_limits<int64_t>::max()) {
    return fmt::format("{} or more{}{}", setting.least, gap, unit);
  }
  return fmt::format("{} to {}{}{}", setting.least, setting.most, gap, unit);
}

std::string Meaning(const Setting& setting) {
  std::string text(setting.text);
  if (!setting.no_effect.empty()) text += fmt::format(" No effect: {}.", setting.no_effect);
  return text;
}

// `text` in lines of kColumns, each behind `indent` spaces.
void AppendWrapped(std::string_view text, size_t indent, std::string& out) {
  const std::string margin(indent, ' ');
  size_t column = 0;
  while (!text.empty()) {
    const size_t space = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, space);
    text.remove_prefix(std::min(space + 1, text.size()));
    if (column == 0) {
      out += margin;
      column = indent;
    } else if (column + 1 + word.size() > kColumns) {
      out += '\n' + margin;
      column = indent;
    } else {
      out += ' ';
      ++column;
    }
    out += word;
    column += word.size();
  }
  out += '\n';
}

// A '|' ends a cell, and '<' begins HTML.
std::string Cell(std::string_view text) {
  std::string cell;
  for (const char c : text) {
    if (c == '|' || c == '<') cell += '\\';
    cell += c;
  }
  return cell;
}

}  // namespace

std::string RenderSettingsText() {
  std::string out =
      "Settings of the configuration file. Keys marked + are this server's own; all others are "
      "the\n"
      "reference server's. A change of those marked live takes effect while the server runs; all "
      "others\n"
      "wait for its next start.\n";
  std::string_view section;
  for (const Setting& setting : AllSettings()) {
    if (setting.section != section) {
      section = setting.section;
      out += fmt::format("\n{}\n", section);
    }
    const std::string initial =
        setting.initial.empty() ? "" : fmt::format(", default {}", setting.initial);
    fmt::format_to(std::back_inserter(out), "  {}{}  ({}{}{})\n", setting.key,
                   setting.origin == Origin::kOurs ? " +" : "", TypeWords(setting), initial,
                   setting.applies == Applies::kAtOnce ? ", live" : "");
    AppendWrapped(Meaning(setting), 6, out);
  }
  return out;
}

std::string RenderSettingsMarkdown() {
  std::string out =
      "# Settings\n\n"
      "<!-- Made by `sluice help settings --markdown`; a test compares the two. -->\n\n"
      "The configuration file is YAML. All keys of the reference server are known; those marked\n"
      "**+** are ours. A key that nobody knows is an error that names the line and the nearest "
      "known\n"
      "key. `sluice check --config FILE` says whether a file is good without starting anything.\n\n"
      "A change of a key marked **live** takes effect while the server runs; all others wait for "
      "its\n"
      "next start: [how changes take effect](configuration.md).\n";
  std::string_view section;
  for (const Setting& setting : AllSettings()) {
    if (setting.section != section) {
      section = setting.section;
      out += fmt::format(
          "\n## {}\n\n| key | value | default | changes | meaning |\n|---|---|---|---|---|\n",
          section);
    }
    fmt::format_to(std::back_inserter(out), "| `{}`{} | {} | {} | {} | {} |\n", setting.key,
                   setting.origin == Origin::kOurs ? " **+**" : "", TypeWords(setting),
                   setting.initial.empty() ? "" : fmt::format("`{}`", setting.initial),
                   setting.applies == Applies::kAtOnce ? "live" : "", Cell(Meaning(setting)));
  }
  return out;
}

}  // namespace sluice::server
