//! What MCP servers say of their tools: lists, hints, and digests by which a change shows.

mod canonical;
pub(crate) mod tool_list;

pub use tool_list::{ListedTool, ToolDigest, ToolHint, ToolList, ToolListError};
