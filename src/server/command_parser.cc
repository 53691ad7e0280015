#include "server/command_parser.h"

#include "server/settings.h"

namespace sluice::server {

// Refuses what the settings table does not allow for `key`.
CLI::Validator Allowed(std::string_view key) {
  const Setting* setting = FindSetting(key);
  return CLI::Validator(
      [setting](const std::string& text) {
        Settings scratch{};
        const Status checked = Assign(scratch, *setting, text);
        return checked.has_value() ? std::string() : checked.error().message;
      },
      "");
}

void Prepare(CLI::App& app, const char* name, const char* examples) {
  app.name(fmt::format("sluice {}", name));
  app.footer(examples);
  app.set_help_flag("-h,--help", "Print this help");
  app.get_formatter()->column_width(28);
  app.get_formatter()->label("TEXT", "");
}

}  // namespace sluice::server
