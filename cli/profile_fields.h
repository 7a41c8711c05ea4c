// Which fields of a webhook a profile file has, and how.
#pragma once

#include <google/protobuf/descriptor.h>

#include <string>
#include <vector>

#include "windrow/v1/webhook.pb.h"

namespace windrow::cli {

// Set by Windrow alone: not part of a profile.
bool IsOutputOnly(const google::protobuf::FieldDescriptor* field);
// Secrets, which no answer holds.
bool IsWriteOnly(const google::protobuf::FieldDescriptor* field);

// False for a write-only field that goes with something the message does not have: a
// signing key without its scheme.
bool HasWriteOnly(const google::protobuf::Message& message,
                  const google::protobuf::FieldDescriptor* field);
// The write-only fields that a webhook of this shape has: "signing_secret", and
// "basic_auth.password" where it has basic_auth, and so on.
std::vector<std::string> WriteOnlyPaths(const v1::Webhook& webhook);

}  // namespace windrow::cli
