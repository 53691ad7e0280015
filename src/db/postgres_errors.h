// db/postgres_errors.h -- what PostgreSQL refuses, as errors of ours.
#pragma once

#include <string_view>

#include "base/result.h"
#include "db/access.h"

namespace sluice::db {

// The error for a SQLSTATE; empty: the connection is lost. `words` go into the detail unless they
// may show values. What is written where nothing can be is a mistake of ours in a Read, and in a
// Write it is a server that only follows another one.
Error FromPostgres(std::string_view sqlstate, std::string_view words, Access access);

}  // namespace sluice::db
