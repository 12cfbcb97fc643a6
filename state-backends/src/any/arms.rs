//! Matches with an arm for each backend: what every delegation is made of.

/// `each!(self, one => result)`: the result for the one that `self` is. `Target::_(result)` is the
/// same variant of another enum.
macro_rules! each {
    ($any:tt, $one:ident => $Target:ident::_($result:expr)) => {
        each_backend!(each_arms { $any $one wrapped { $Target $result } })
    };
    ($any:tt, $one:ident => $result:expr) => {
        each_backend!(each_arms { $any $one plain { $result } })
    };
}

macro_rules! each_arms {
    ({ $any:tt $one:ident $how:ident $result:tt } $(($Variant:ident $($entry:tt)+))+) => {
        match $any {
            $(Self::$Variant($one) => $how! { $Variant $result }),+
        }
    };
}

macro_rules! plain {
    ($Variant:ident { $result:expr }) => {
        $result
    };
}

macro_rules! wrapped {
    ($Variant:ident { $Target:ident $result:expr }) => {
        $Target::$Variant($result)
    };
}

/// `at!(self, at, table => result)`: the result for the table that `self` is, where `at` is the
/// address as the backend of the table prepared it. An address that another backend prepared is an
/// error.
macro_rules! at {
    ($any:tt, $at:ident, $table:ident => $Target:ident::_($result:expr)) => {
        each_backend!(at_arms { $any $at $table wrapped { $Target $result } })
    };
    ($any:tt, $at:ident, $table:ident => $result:expr) => {
        each_backend!(at_arms { $any $at $table plain { $result } })
    };
}

macro_rules! at_arms {
    ({ $any:tt $at:ident $table:ident $how:ident $result:tt }
     $(($Variant:ident $($entry:tt)+))+) => {
        match ($any, $at.prepared) {
            $((Self::$Variant($table), AnyOf::$Variant(prepared)) => {
                let $at = Address { key: $at.key, namespace: $at.namespace, prepared };
                Ok($how! { $Variant $result })
            })+
            #[allow(unreachable_patterns, reason = "where there is one backend only")]
            _ => Err(foreign()),
        }
    };
}
