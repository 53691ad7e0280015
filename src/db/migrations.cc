#include "db/migrations.h"

#include <fmt/format.h>

#include <string>

#include "base/crypto/crypto.h"
#include "base/encoding.h"
#include "base/timestamp.h"

namespace sluice::db {
namespace {

std::string Fingerprint(const Migration& step) {
  crypto::Sha256Stream hash;
  for (const std::string_view statement : step.statements) {
    // The zero byte keeps the border between two statements.
    hash.Add(statement).Add(std::string_view("\0", 1));
  }
  return Hex(crypto::View(hash.Finish()));
}

}  // namespace

Result<size_t> StepsTaken(Session& session, std::span<const Migration> steps) {
  size_t taken = 0;
  const auto check = [&](const Row& row) -> Status {
    const int64_t number = TRY(Int(row, 0));
    const std::string name = TRY(Text(row, 1));
    const std::string fingerprint = TRY(Text(row, 2));
    if (taken >= steps.size()) {
      return Fail(
          Code::kUnsupported,
          fmt::format("the database was written by a newer version of Sluice: it is at step "
                      "{} ('{}') or later, this version knows {} steps; start the newer "
                      "version, or restore a backup from before the upgrade",
                      number, name, steps.size()));
    }
    if (number != static_cast<int64_t>(taken) + 1 || fingerprint != Fingerprint(steps[taken])) {
      return Fail(Code::kUnsupported,
                  fmt::format("the database was made by another version of Sluice, which is not an "
                              "older one: its step {} ('{}') is not the step '{}' of this version",
                              number, name, steps[taken].name));
    }
    ++taken;
    return {};
  };
  TRY(session.Query("SELECT number, name, sha256 FROM sluice_migrations ORDER BY number", {},
                    check));
  return taken;
}

Status TakeStep(Session& session, std::span<const Migration> steps, size_t taken, Driver driver,
                TimePoint now) {
  const Migration& step = steps[taken];
  const std::string where = fmt::format("step {} ('{}')", taken + 1, step.name);
  const bool is_other = driver == Driver::kPostgres && !step.on_postgres.empty();
  for (const std::string_view statement : is_other ? step.on_postgres : step.statements) {
    TRY_CONTEXT(where, session.Run(statement));
  }
  const Row record = {static_cast<int64_t>(taken) + 1, std::string(step.name), Fingerprint(step),
                      FormatTimestamp(now)};
  TRY_CONTEXT(where, session.Run("INSERT INTO sluice_migrations (number, name, sha256, applied_at)"
                                 " VALUES (?, ?, ?, ?)",
                                 record));
  return {};
}

}  // namespace sluice::db
