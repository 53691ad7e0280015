#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>

#include "client/profile.h"
#include "conformance/catalogue.h"
#include "conformance/report.h"
#include "conformance/runner.h"
#include "server/commands.h"
#include "server/operator_file.h"

namespace sluice::server {
namespace {

// Whom to ask, from the profile and what the command line says in place of it.
Result<client::Profile> WhomToAsk(const ConformanceCommand& command) {
  client::Profile profile;
  if (!command.profile_path.empty()) {
    const FileText file = TRY(ReadOperatorFile(command.profile_path, MiB(1)));
    profile = TRY(client::ParseProfile(file.bytes));
  }
  if (!command.url.empty()) profile.endpoint = TRY(client::CheckEndpoint(command.url));
  if (!command.token.empty()) {
    profile.bearer_token = command.token;
    profile.credentials.reset();
  }
  if (profile.endpoint.empty()) {
    return Fail(Code::kInvalidArgument, "say which server: a URL, or --profile FILE");
  }
  return profile;
}

// A line on standard error that is written over; nothing where nobody looks.
conformance::Progress TellProgress() {
  if (::isatty(STDERR_FILENO) != 1) return {};
  return [](const conformance::Check& check, size_t index, size_t total) {
    fmt::print(stderr, "\r\x1b[K{} of {}: {}", index + 1, total, check.id);
    std::fflush(stderr);
  };
}

bool WriteReport(const std::string& path, const std::string& text) {
  std::FILE* file = std::fopen(path.c_str(), "we");
  bool written = file != nullptr && std::fwrite(text.data(), 1, text.size(), file) == text.size();
  const int error = errno;
  if (file != nullptr) written = std::fclose(file) == 0 && written;
  if (!written) fmt::print(stderr, "{}: cannot be written: {}\n", path, std::strerror(error));
  return written;
}

bool WriteReports(const ConformanceCommand& command, const conformance::Report& report) {
  bool written = true;
  if (!command.html_path.empty()) {
    written = WriteReport(command.html_path, RenderHtml(report, command.strict));
  }
  if (!command.junit_path.empty()) {
    written = WriteReport(command.junit_path, RenderJunit(report, command.strict)) && written;
  }
  return written;
}

int List(const ConformanceCommand& command) {
  fmt::print("{}",
             command.markdown ? conformance::ListMarkdown() : conformance::ListText(command.only));
  return 0;
}

}  // namespace

int RunConformance(const ConformanceCommand& command) {
  if (command.list) return List(command);
  auto profile = WhomToAsk(command);
  if (!profile.has_value()) {
    fmt::print(stderr, "sluice conformance: {}\n", profile.error().message);
    return 2;
  }
  const conformance::RunOptions options{
      .only = command.only,
      .made = command.made,
      .limits = {.request = std::chrono::seconds(command.request_seconds),
                 .all = std::chrono::seconds(command.all_seconds),
                 .token_in_url = command.token_in_url}};
  client::SharingClient client(*std::move(profile), {.timeout = options.limits.request},
                               command.ca_file);
  const conformance::Progress progress = TellProgress();
  const conformance::Report report = conformance::Run(std::move(client), options, progress);
  if (progress) fmt::print(stderr, "\r\x1b[K");
  const bool written = WriteReports(command, report);
  if (command.json) {
    fmt::print("{}", RenderJson(report, command.strict));
  } else {
    const bool colour = ::isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr;
    fmt::print(report.stopped.empty() ? stdout : stderr, "{}",
               RenderText(report, command.strict, {.colour = colour, .passed = !command.quiet}));
  }
  return written ? ExitCode(report, command.strict) : 2;
}

}  // namespace sluice::server
