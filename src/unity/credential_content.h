// unity/credential_content.h -- what a storage credential consists of, as the REST API has it.
//
// Source: databricks-sdk, catalog.StorageCredentialInfo; `s3_access_key` is ours, for anything that
// speaks S3. Secrets come in and never go out.
#pragma once

#include <optional>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "catalog/credentials.h"
#include "net/router.h"
#include "unity/body.h"

namespace sluice::unity {

// The one of its objects that a body has ("aws_iam_role" ...); nothing: none of them.
// Errors: kInvalidArgument  two of them, or one that is not whole; the message names the field
Result<std::optional<catalog::CredentialContent>> ContentOf(const Fields& fields,
                                                            std::string_view operation);

// What may stand in headers, hosts and query strings.
bool IsVisible(std::string_view text);
// Scheme, host and port alone.
bool IsEndpoint(std::string_view url);

// Adds to the facts of the audit log what the object in `body` says, secrets only as being there.
void TellContent(const json::Object& body, net::Facts& facts);

// Puts the object without its secrets: {"s3_access_key": {"access_key_id": "..."}}.
void PutContent(json::Object& object, const catalog::Securable& credential);

}  // namespace sluice::unity
