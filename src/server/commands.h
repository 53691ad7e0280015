// server/commands.h -- what a command line asks for, and the functions that do it.
//
// Each Run function returns the exit code of the process: 0 good, 1 it failed, 2 the command line
// or the configuration is wrong.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace sluice::server {

struct ServeCommand {
  std::string config_path{};
  // These go before what the file says; already checked against the settings table.
  std::optional<std::string> host{};
  std::optional<uint16_t> port{};
  std::optional<std::string> log_level{};
  bool insecure_no_auth = false;
};

struct CheckCommand {
  std::string config_path{};
  bool insecure_no_auth = false;
  bool json = false;
  bool files = false;  // look at the tables' files, too
};

struct DemoCommand {
  std::string dir = "sluice-demo";
  uint16_t port = 8080;
  bool once = false;  // stop after the table was read back
};

int RunServe(const ServeCommand& command);
int RunCheck(const CheckCommand& command);
int RunDemo(const DemoCommand& command);

}  // namespace sluice::server
