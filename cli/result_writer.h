// Writes what a verb found, in the chosen format.
#pragma once

#include <google/protobuf/message.h>

#include <string>
#include <vector>

#include "cli/session.h"
#include "cli/table.h"

namespace windrow::cli {

// A list: a table, a JSON array, or a line an entry. JSON is written as it comes; a table
// waits for its end, since its columns are as wide as their widest cell.
class ListWriter {
 public:
  ListWriter(const Session& session, std::vector<std::string> header);
  void Add(const google::protobuf::Message& message, std::vector<std::string> row);
  // Also where nothing was added: an empty list is a header, or [].
  void Finish();

 private:
  const Session& session_;
  Table table_;
  bool first_ = true;
};

// One thing: its fields, or its JSON.
void WriteOne(const Session& session, const google::protobuf::Message& message,
              const Fields& fields);

}  // namespace windrow::cli
