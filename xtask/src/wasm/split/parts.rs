//! What goes to which of the parts that are loaded when they are first used.

/// A part that is loaded when it is first used.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Part {
    /// What the bindings' `more` calls it; a part of its file's name.
    pub(crate) name: &'static str,
    /// The modules of the crates that are loaded with it.
    pub(super) modules: &'static [&'static str],
    /// The exports that lead there: all that begins like this.
    pub(super) exports: &'static [&'static str],
    /// Its functions that the first part calls, by the beginnings of their names: each of something that is made here only, so that this
    /// is loaded by then. Others are refused: of functions with the same code the compiler keeps one, by any of their names, and what
    /// goes by a name of this part may be wanted where it is not loaded.
    pub(super) called: &'static [&'static str],
}

/// The parts. What more than one of them needs is in each of them.
pub(crate) const PARTS: [Part; 15] = [
    Part {
        name: "attributes",
        modules: &["attributes"],
        exports: &["rawroom_attributes", "rawroom_setAttribute"],
        called: &[],
    },
    Part {
        name: "channels",
        modules: &["channel", "request"],
        exports: &[
            "rawchannel_",
            "rawincoming_channel",
            "rawincoming_request",
            "rawrequest_",
            "__wbg_rawchannel_",
            "__wbg_rawrequest_",
            "rawroom_channel",
            "rawroom_request",
        ],
        called: &[],
    },
    Part {
        name: "files",
        modules: &["channel", "file"],
        exports: &[
            "rawincoming_file",
            "rawincoming_kept",
            "rawincoming_offer",
            "rawincoming_refuse",
            "rawtransfer_",
            "__wbg_rawtransfer_",
            "rawroom_sendFile",
            "removePrivateFiles",
        ],
        called: &[],
    },
    Part { name: "publish", modules: &["publish"], exports: &["rawroom_publish", "rawroom_unpublish"], called: &[] },
    Part {
        name: "check",
        modules: &["check", "diagnosis", "meter", "preview"],
        exports: &[
            "rawcheck_",
            "rawpreview_",
            "__wbg_rawcheck_",
            "__wbg_rawpreview_",
            "rawroom_diagnose",
            "rawroom_getStats",
            "check",
        ],
        called: &[],
    },
    Part { name: "history", modules: &["channel", "history"], exports: &["keepHistory"], called: &[] },
    Part { name: "key", modules: &["key"], exports: &["keepKey"], called: &[] },
    Part {
        name: "level",
        modules: &["meter", "own_level"],
        exports: &["rawlevel_", "__wbg_rawlevel_", "rawroom_watchLevel"],
        called: &["itodenwa::meter::end"],
    },
    Part {
        name: "membership",
        modules: &["rename"],
        exports: &[
            "rawroom_admit",
            "rawroom_ask",
            "rawroom_lock",
            "rawroom_remove",
            "rawroom_setName",
            "rawroom_setWaitingRoom",
        ],
        called: &[],
    },
    Part { name: "process", modules: &["process"], exports: &["rawroom_process"], called: &[] },
    Part {
        name: "record",
        modules: &["record"],
        exports: &["rawrecording_", "__wbg_rawrecording_", "rawroom_record"],
        called: &[],
    },
    Part {
        name: "settings",
        modules: &[],
        exports: &["devices", "rawroom_choose", "rawroom_loudspeaker"],
        called: &[],
    },
    Part { name: "stats", modules: &["stats"], exports: &["rawroom_stats"], called: &[] },
    Part {
        name: "verification",
        modules: &["verification"],
        exports: &["rawverification_", "__wbg_rawverification_", "rawroom_verification", "answerVerification"],
        called: &[],
    },
    Part { name: "call", modules: &["call"], exports: &["rawcall_", "__wbg_rawcall_"], called: &[] },
];

/// Whether an exported function or class of the bindings is of one of the parts.
pub(crate) fn is_of_part(name: &str) -> bool {
    let of_class = format!("{}_", name.to_ascii_lowercase());
    PARTS.iter().any(|part| part.has_export(name) || part.has_export(&of_class))
}

impl Part {
    /// Whether an export leads there.
    pub(super) fn has_export(&self, name: &str) -> bool {
        self.exports.iter().any(|start| name.starts_with(start))
    }

    /// Whether the first part may call a function with this name.
    pub(super) fn is_called(&self, name: &str) -> bool {
        self.called.iter().any(|start| name.starts_with(start))
    }

    /// Whether a function with this name is of one of its modules. Generic functions of other crates are not: the compiler merges
    /// those that have the same code, and keeps any of their names.
    pub(super) fn has_function(&self, name: &str) -> bool {
        let path = name.trim_start_matches(['<', '&']).trim_start_matches("mut ").trim_start_matches("dyn ");
        let module = path.strip_prefix("itodenwa::").and_then(|path| path.split("::").next());
        module.is_some_and(|module| self.modules.contains(&module))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::PARTS;
    use crate::process;

    /// Who bundles a program imports its modules by these names, or says where they are.
    #[test]
    fn each_part_has_its_place_wherever_parts_are_named() {
        for file in ["js/package.json", "js/lib/types/load.d.ts", "xtask/src/wasm/more.js"] {
            let text = fs::read_to_string(process::root().join(file)).unwrap();
            for part in &PARTS {
                assert!(text.contains(&format!("itodenwa_{}_bg.wasm", part.name)), "{} in {file}", part.name);
            }
        }
        let raw = fs::read_to_string(process::root().join("js/lib/raw.js")).unwrap();
        assert!(raw.contains("`itodenwa_${part}_bg.wasm`"));
    }
}
