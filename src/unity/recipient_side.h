// unity/recipient_side.h -- what recipients are told by the portal, beside the sharing protocol.
#pragma once

#include "base/result.h"
#include "catalog/names.h"
#include "net/http.h"

namespace sluice::unity {

// The parameter shared_name: "share.schema.table". Errors: kInvalidArgument
Result<catalog::TableName> SharedNameOf(const net::Request& request);

}  // namespace sluice::unity
