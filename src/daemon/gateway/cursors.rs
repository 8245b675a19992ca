//! How far the devices that are attached have been handed what is stored: in memory, and each second in the store.

use std::collections::BTreeMap;

use crate::account::Account;
use crate::edge::store::{Device, DeviceMark, DeviceName};
use crate::gateway::host::DeviceId;

/// The cursors of attached devices.
#[derive(Debug, Default)]
pub(super) struct Cursors(BTreeMap<DeviceName, Cursor>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Cursor {
    row: u64,
    /// The device that was attached, not one made anew under its name.
    mark: DeviceMark,
    /// The store has it.
    kept: bool,
}

impl Cursors {
    /// A device is attached; nothing if one of its name that was removed still is, which ends at the next look.
    pub(super) fn attach(&mut self, device: Device) -> Option<DeviceId> {
        let cursor = Cursor {
            row: device.cursor,
            mark: device.mark,
            // Written once at least: it was attached now.
            kept: false,
        };
        let id = DeviceId(device.name.as_str().to_owned());
        let held = self.0.entry(device.name).or_insert(cursor);
        (held.mark == device.mark).then_some(id)
    }

    /// The highest row that a device has had.
    pub(super) fn row(&self, device: &DeviceId) -> u64 {
        let name = DeviceName::parse(&device.0).ok();
        let held = name.and_then(|name| self.0.get(&name));
        held.map_or(0, |cursor| cursor.row)
    }

    /// A device has had this row; a cursor never falls.
    pub(super) fn rise(&mut self, device: &DeviceId, row: u64) {
        let Ok(name) = DeviceName::parse(&device.0) else {
            return;
        };
        if let Some(cursor) = self.0.get_mut(&name)
            && cursor.row < row
        {
            cursor.row = row;
            cursor.kept = false;
        }
    }

    /// Keeps those that have risen, in one transaction. Gives the devices that have been removed meanwhile.
    pub(super) fn keep(&mut self, account: &mut Account) -> Vec<DeviceId> {
        // First: what a removed one was handed is nothing to the one that has its name now.
        let gone = account.devices().all().map(|there| self.removed(&there));
        let risen = self.0.iter().filter(|(_, cursor)| !cursor.kept);
        let risen: Vec<_> = risen.map(|(name, c)| (name.clone(), c.row)).collect();
        if !risen.is_empty() {
            match account.devices().handed(&risen) {
                Ok(()) => self.0.values_mut().for_each(|one| one.kept = true),
                Err(fault) => tracing::error!("{fault}"),
            }
        }
        gone.unwrap_or_default()
    }

    fn removed(&mut self, there: &[Device]) -> Vec<DeviceId> {
        let gone = self.0.extract_if(.., |name, cursor| {
            let mut there = there.iter();
            !there.any(|device| device.name == *name && device.mark == cursor.mark)
        });
        let names = gone.map(|(name, _)| name.as_str().to_owned());
        names.map(DeviceId).collect()
    }
}
