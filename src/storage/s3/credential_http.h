// storage/s3/credential_http.h -- asking the services that give credentials: STS and metadata.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/http_pool.h"
#include "storage/s3/credentials.h"

namespace sluice::storage {

// Sends it up to three times while there is no answer, or one of 5xx; the last answer is returned
// as it is. `service` is what messages call the other side.
// Errors: kUnavailable       no answer, or one that is too long
//         kPermissionDenied  the service's certificate is not trusted, or the request no request
Result<net::ClientResponse> AskService(net::HttpPool& pool, const net::ClientRequest& request,
                                       std::string_view service);

// What a service said, for a detail: one line, not long, and without any of `secrets`.
std::string Quoted(std::string_view said, std::initializer_list<std::string_view> secrets);

// Whether the text can be sent as the value of a header.
bool IsHeaderValue(std::string_view text);

// Credentials as the metadata services write them: AccessKeyId, SecretAccessKey, Token,
// Expiration; and Code, where it is not "Success", with Message. `body` is wiped.
// Errors: kUnavailable       that is not what it is
//         kPermissionDenied  a Code says that there are none
Result<Credentials> ParseCredentialDocument(std::string& body, std::string_view service);

}  // namespace sluice::storage
