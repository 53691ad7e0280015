// catalog/request_rows.h -- requests in the database: a row each, the rest of it as JSON.
#pragma once

#include <vector>

#include "base/result.h"
#include "catalog/request_list.h"
#include "db/database.h"

namespace sluice::catalog {

// The table of requests, for Database::Migrate.
db::Migration RequestMigration();

// Null: the row goes.
Status WriteRequest(db::Session& session, const Id& id, const AccessRequest* request);
// Errors: kCorrupt
Status ReadRequests(db::Session& session, std::vector<AccessRequestPtr>& requests);

}  // namespace sluice::catalog
